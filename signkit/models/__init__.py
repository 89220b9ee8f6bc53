"""Recognizers: frontend, body, head, each chosen by name.

A frontend is built from the layout of the encoded features and the model settings, and turns
(B, T, F) features and their mask into `Hidden` steps. A body is built from the settings and turns
(B, T', D) steps and their mask into `Hidden`. Both name in `auxiliary_widths` what else they hand
on.
"""

from collections.abc import Callable

from signkit.encode.layout import FeatureLayout
from signkit.models.bodies import conformer, transformer
from signkit.models.conv_transformer import conv_transformer
from signkit.models.frontends import LinearFrontend
from signkit.models.graph import GraphFrontend
from signkit.models.hidden import Body, Frontend
from signkit.models.multiscale import MultiscaleFrontend
from signkit.models.published import ConvolutionFrontend, published_conformer
from signkit.models.recurrent import BiLSTMAttention, bilstm, lstm
from signkit.sections import ModelConfig

FRONTENDS: dict[str, Callable[[FeatureLayout, ModelConfig], Frontend]] = {
    "linear": LinearFrontend,
    "convolution": ConvolutionFrontend,
    "multiscale": MultiscaleFrontend,
    "graph": GraphFrontend,
}
BODIES: dict[str, Callable[[ModelConfig], Body]] = {
    "transformer": transformer,
    "conformer": conformer,
    "published-conformer": published_conformer,
    "cnn1d-transformer": conv_transformer,
    "lstm": lstm,
    "bilstm": bilstm,
    "bilstm-attention": BiLSTMAttention,
}
