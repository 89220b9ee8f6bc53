"""Recognizers: frontend, body, head, each chosen by name.

A frontend is built from the layout of the encoded features and the model settings, and turns
(B, T, F) features and their mask into `Hidden` steps. A body is built from the settings and turns
(B, T', D) steps and their mask into `Hidden`. Both name in `auxiliary_widths` what else they hand
on.
"""

from collections.abc import Callable

from signkit.encode.layout import FeatureLayout
from signkit.models.bodies import conformer, transformer
from signkit.models.frontends import LinearFrontend
from signkit.models.hidden import Body, Frontend
from signkit.sections import ModelConfig

FRONTENDS: dict[str, Callable[[FeatureLayout, ModelConfig], Frontend]] = {
    "linear": LinearFrontend,
}
BODIES: dict[str, Callable[[ModelConfig], Body]] = {
    "transformer": transformer,
    "conformer": conformer,
}
