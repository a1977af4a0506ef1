"""Layers. State goes in and comes out; it hides nowhere."""

from segue.nn.adaptive_softmax import AdaptiveSoftmax
from segue.nn.attention import AdditiveAttention, MultiplicativeAttention
from segue.nn.attention_decoder import AttentionDecoder
from segue.nn.bidirectional import Bidirectional
from segue.nn.chunked import ChunkedBidirectional
from segue.nn.crf import CRF
from segue.nn.drop_in import GRU, LSTM, RNN
from segue.nn.embedding import Embedding
from segue.nn.encoder_decoder import EncoderDecoder
from segue.nn.frames import Frames
from segue.nn.gaussian_noise import GaussianNoise
from segue.nn.normalised import Normalised
from segue.nn.pooling import AttentionPool, LastState, MaxPool, MeanPool, Pools
from segue.nn.ranking_max import BprMax, Top1Max
from segue.nn.recurrent import Recurrent
from segue.nn.residual import Residual
from segue.nn.sampled_softmax import SampledSoftmax
from segue.nn.softmax import Output, Softmax
from segue.nn.spec_augment import SpecAugment
from segue.nn.spelling import Spelling
from segue.nn.stack import Stack
from segue.nn.standardise import Standardise
from segue.nn.stream import Stream
from segue.nn.transducer_network import Transducer
from segue.nn.variational_dropout import VariationalDropout

__all__ = [
    "CRF",
    "GRU",
    "LSTM",
    "RNN",
    "AdaptiveSoftmax",
    "AdditiveAttention",
    "AttentionDecoder",
    "AttentionPool",
    "Bidirectional",
    "BprMax",
    "ChunkedBidirectional",
    "Embedding",
    "EncoderDecoder",
    "Frames",
    "GaussianNoise",
    "LastState",
    "MaxPool",
    "MeanPool",
    "MultiplicativeAttention",
    "Normalised",
    "Output",
    "Pools",
    "Recurrent",
    "Residual",
    "SampledSoftmax",
    "Softmax",
    "SpecAugment",
    "Spelling",
    "Stack",
    "Standardise",
    "Stream",
    "Top1Max",
    "Transducer",
    "VariationalDropout",
]
