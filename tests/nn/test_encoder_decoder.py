"""The translator: rows alone, steps one by one, and what its decoder says."""

import numpy as np
import pytest
import torch

from segue.cells import gru, lstm, rnn
from segue.data.units import BOS, EOS
from segue.nn import AdditiveAttention, MultiplicativeAttention
from segue.nn.decoding.beam import BeamSettings, beam_search
from segue.nn.encoder_decoder import DecoderSteps, EncoderDecoder

SIZES = {"sources": 11, "targets": 9, "embedding_size": 6, "hidden_size": 8}
FORMS = [
    {},
    {"cell": lstm, "layers": 2},
    {"attention": AdditiveAttention(8, 16, 5)},
    {"input_feeding": True},
    {"tied": False, "cell": rnn()},
    {"shared": True, "sources": 9},
]


def model(form: dict) -> EncoderDecoder:
    torch.manual_seed(0)
    given = {"cell": gru, "attention": MultiplicativeAttention(8, 16), **SIZES, **form}
    return EncoderDecoder(given.pop("cell"), given.pop("attention"), **given).eval()


def pairs() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    source = torch.tensor([[4, 5, 6], [7, 8, 3], [5, 3, 0], [3, 0, 0]])
    return source, torch.tensor([4, 3, 2]), torch.tensor([[BOS, BOS, BOS], [4, 5, 6], [7, 8, 4]])


@pytest.mark.parametrize("form", FORMS)
def test_the_decoder_steps_say_what_training_sees(form: dict) -> None:
    network = model(form)
    source, lengths, inputs = pairs()
    with torch.no_grad():
        memory = network.encode(source, lengths)
        wanted = network.output(network.decode(memory, inputs)).log_softmax(-1)
        steps = DecoderSteps(network, memory, beams=1)
        for step, tokens in enumerate(inputs):
            logp, attention = steps.step(tokens)
            torch.testing.assert_close(logp, wanted[step], atol=1e-5, rtol=1e-5)
            assert attention[1, 3] == 0
            steps.keep(torch.arange(3))


@pytest.mark.parametrize("form", FORMS)
def test_a_row_depends_on_no_other_and_on_no_padding(form: dict) -> None:
    network = model(form)
    source, lengths, inputs = pairs()
    with torch.no_grad():
        together = network.decode(network.encode(source, lengths), inputs)[:, 1]
        alone = network.decode(network.encode(source[:3, 1:2], lengths[1:2]), inputs[:, 1:2])
    torch.testing.assert_close(together, alone[:, 0], atol=1e-5, rtol=1e-5)


def test_beams_of_a_row_go_on_from_one_another() -> None:
    network = model({})
    source, lengths, _ = pairs()
    with torch.no_grad():
        memory = network.encode(source, lengths)
        longest = np.array([4, 4, 4])
        found = beam_search(
            DecoderSteps(network, memory, 3), 3, first=BOS, end=EOS, longest=longest,
            settings=BeamSettings(3, 3),
        )  # fmt: skip
        for row, some in enumerate(found):
            for each in some:
                tokens = torch.tensor([BOS, *each.tokens])[:, None]
                one = type(memory)(memory.steps[:, row : row + 1], memory.lengths[row : row + 1])
                logp = network.output(network.decode(one, tokens)).log_softmax(-1)[:, 0]
                whole = logp.gather(1, torch.tensor([*each.tokens, EOS])[:, None]).sum()
                if len(each.tokens) < 4:
                    assert each.log_probability == pytest.approx(float(whole), abs=1e-4)


def test_the_models_own_inputs_are_drawn_where_asked() -> None:
    network = model({})
    source, lengths, inputs = pairs()
    targets = torch.cat([inputs[1:], torch.full((1, 3), EOS)])
    network.train()
    network.drop.p = 0.0
    plain = network(source, lengths, inputs, targets, torch.tensor(0.0))
    again = network(source, lengths, inputs, targets, torch.tensor(0.0))
    torch.testing.assert_close(plain, again)
    drawn = network(source, lengths, inputs, targets, torch.tensor(1.0))
    torch.testing.assert_close(plain[:3], drawn[:3])  # the first step reads the true begin
    assert not torch.allclose(plain[3:], drawn[3:])
