"""A decoder that reads a memory: by the formulas of the papers, and one step as all steps."""

import copy
import pickle

import pytest
import torch
from torch import nn

import segue
from segue.errors import ScanError
from segue.nn import AdditiveAttention, AttentionDecoder, MultiplicativeAttention

STEPS, ROWS, PLACES, SIZE, HIDDEN, MEMORY = 4, 3, 6, 2, 5, 7
LENGTHS = torch.tensor([6, 1, 4])


def make(form, *, feeding, cell=segue.cells.gru):
    torch.manual_seed(0)
    attention = (
        AdditiveAttention(HIDDEN, MEMORY, 4)
        if form == "additive"
        else MultiplicativeAttention(HIDDEN, MEMORY)
    )
    made = AttentionDecoder(cell, SIZE, HIDDEN, attention, input_feeding=feeding)
    return made.double()


def data():
    torch.manual_seed(1)
    inputs = torch.randn(STEPS, ROWS, SIZE, dtype=torch.float64, requires_grad=True)
    memory = torch.randn(PLACES, ROWS, MEMORY, dtype=torch.float64, requires_grad=True)
    return inputs, memory


def by_formula(decoder, inputs, memory):
    """The same by torch's own GRU and the formulas, one row at a time."""
    layer, attention = decoder.recurrent, decoder.attention
    cell = nn.GRUCell(inputs.shape[2] + HIDDEN * decoder.input_feeding, HIDDEN).double()
    params = {
        "weight_ih": layer.weight_ih,
        "weight_hh": layer.weight_hh,
        "bias_ih": layer.bias_ih,
        "bias_hh": layer.bias_hh,
    }
    outputs, weights = [], []
    for row, length in enumerate(LENGTHS.tolist()):
        places = memory[:length, row]
        h = fed = inputs.new_zeros(HIDDEN)
        for x in inputs[:, row]:
            x = torch.cat([x, fed]) if decoder.input_feeding else x
            h = torch.func.functional_call(cell, params, (x, h))
            if isinstance(attention, AdditiveAttention):
                hidden = attention.of_query(h) + attention.of_memory(places)
                scores = attention.score(torch.tanh(hidden))[:, 0]
            else:
                scores = places @ attention.project(h)
            found = scores.softmax(0)
            fed = torch.tanh(decoder.combine(torch.cat([found @ places, h])))
            outputs.append(fed)
            weights.append(nn.functional.pad(found, (0, PLACES - length)))
    shape = (ROWS, STEPS, -1)
    return tuple(torch.stack(each).view(shape).transpose(0, 1) for each in (outputs, weights))


@pytest.mark.parametrize("feeding", [True, False])
@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_it_computes_the_formulas(form, feeding):
    decoder, (inputs, memory) = make(form, feeding=feeding), data()
    padded = memory.masked_fill(torch.arange(PLACES)[:, None, None] >= LENGTHS[:, None], torch.nan)
    leaves = [inputs, memory, *decoder.parameters()]

    def gradients(output, weights):
        torch.manual_seed(2)
        loss = (output * torch.randn(output.shape)).sum() + (weights * torch.rand(PLACES)).sum()
        return torch.autograd.grad(loss, leaves)

    output, weights, _ = decoder(inputs, padded, lengths=LENGTHS)
    wanted = by_formula(decoder, inputs, memory)
    torch.testing.assert_close((output, weights), wanted)
    torch.testing.assert_close(gradients(output, weights), gradients(*wanted))
    behind = torch.arange(PLACES) >= LENGTHS[:, None]
    assert (weights[:, behind] == 0).all()


@pytest.mark.parametrize("cell", [segue.cells.lstm, segue.cells.rnn()], ids=lambda cell: cell.name)
@pytest.mark.parametrize("feeding", [True, False])
@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_one_step_at_a_time_is_all_at_once(form, feeding, cell):
    decoder, (inputs, memory) = make(form, feeding=feeding, cell=cell), data()
    with torch.no_grad():
        output, weights, after = decoder(inputs, memory, lengths=LENGTHS)
        remembered, state = decoder.remember(memory, LENGTHS), None
        for t, x in enumerate(inputs):
            y, found, state = decoder.step(x, remembered, state)
            torch.testing.assert_close((y, found), (output[t], weights[t]))
        torch.testing.assert_close(tuple(state), tuple(after))
        assert state._fields == after._fields
        goes_on, _, _ = decoder(inputs, memory, state, LENGTHS)
        rows = torch.tensor([2, 2, 0, 1])  # a beam keeps some rows, twice or not at all
        kept = type(state)(*(each[rows] for each in state))
        y, _, _ = decoder.step(inputs[0][rows], remembered.rows(rows), kept)
        torch.testing.assert_close(y, goes_on[0][rows])


@pytest.mark.parametrize("places", [1, 8, 9])
def test_any_number_of_places(places):
    decoder, (inputs, _) = make("multiplicative", feeding=True), data()
    memory = torch.randn(places, ROWS, MEMORY, dtype=torch.float64)
    _, weights, _ = decoder(inputs, memory)
    torch.testing.assert_close(weights.sum(2), torch.ones(STEPS, ROWS, dtype=torch.float64))


@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_derivatives(form):
    decoder, (inputs, memory) = make(form, feeding=True), data()

    def run(inputs, memory):
        return decoder(inputs, memory, lengths=LENGTHS)[0]

    assert torch.autograd.gradcheck(run, (inputs[:2], memory))
    assert torch.autograd.gradgradcheck(run, (inputs[:2], memory), fast_mode=True)


@pytest.mark.parametrize("form", ["multiplicative", "additive"])
def test_under_autocast_and_compiled(form):
    decoder, (inputs, memory) = make(form, feeding=True).float(), data()
    inputs, memory = inputs.float(), memory.float()
    wanted = decoder(inputs, memory, lengths=LENGTHS)[0]
    with torch.autocast("cpu", torch.bfloat16):
        found = decoder(inputs, memory, lengths=LENGTHS)[0]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted, rtol=0.05, atol=0.05)
    compiled = torch.compile(decoder, backend="aot_eager")
    torch.testing.assert_close(compiled(inputs, memory, lengths=LENGTHS)[0], wanted)


def test_it_is_copied_pickled_and_saved():
    decoder, (inputs, memory) = make("additive", feeding=True), data()
    wanted = decoder(inputs, memory)[0]
    for other in (copy.deepcopy(decoder), pickle.loads(pickle.dumps(decoder))):
        torch.testing.assert_close(other(inputs, memory)[0], wanted)
    fresh = make("additive", feeding=True)
    fresh.load_state_dict(decoder.state_dict())
    torch.testing.assert_close(fresh(inputs, memory)[0], wanted)


def test_what_does_not_fit_is_said():
    with pytest.raises(ScanError, match="queries of 4 features, and the cell's outputs have 5"):
        AttentionDecoder(segue.cells.gru, 2, 5, MultiplicativeAttention(4, 7), input_feeding=True)
    attention = MultiplicativeAttention(5, 7)
    with pytest.raises(ScanError, match="must have sizes D and H"):
        AttentionDecoder(segue.cells.lstm_projection, 2, 5, attention, input_feeding=True)
    decoder, (inputs, memory) = make("multiplicative", feeding=True), data()
    with pytest.raises(ScanError, match=r"memory is \[6, 3, 6\]; it must be \[S, B, 7\]"):
        decoder(inputs, memory[..., :6])
    with pytest.raises(ScanError, match="lengths are 3 numbers of 1 to 6"):
        decoder(inputs, memory, lengths=torch.tensor([0, 1, 2]))
    with pytest.raises(ScanError, match="memory has 2 rows and xs 3"):
        decoder(inputs, memory[:, :2])
