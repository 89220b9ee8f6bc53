"""Extractors by name and by import path."""

import pytest

from signkit.errors import ExtractionError
from signkit.extract import EXTRACTORS
from signkit.extract.extractor import ExtractorInfo, ExtractorOptions, import_path, make_extractor


def test_a_name_leads_to_its_factory():
    assert {name: import_path(name) for name in EXTRACTORS} == EXTRACTORS


def test_your_own_extractor_is_found_by_its_import_path(square, tmp_path):
    extractor = make_extractor(square, ExtractorOptions(weights=tmp_path))
    info = ExtractorInfo.of(extractor)
    assert (info.name, info.version, info.skeleton.landmarks) == ("square", "1", ("nose",))
    assert info.options == {"weights": str(tmp_path)}


def test_a_factory_that_is_not_there_is_named():
    with pytest.raises(ExtractionError) as error:
        make_extractor("signkit.extract.video:nothing")
    assert str(error.value) == (
        "extractor 'signkit.extract.video:nothing' cannot be imported (module "
        "'signkit.extract.video' has no attribute 'nothing'); expected package.module:factory"
    )
