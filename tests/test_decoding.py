import json
from pathlib import Path

import pytest

from signkit.decoding import DecoderConfig, read_decoder
from signkit.errors import RecognitionError

TUNED = DecoderConfig(
    decoder="beam", beam=20, lm="lm.arpa", lm_weight=0.4, blank_bias=0.5, length_bonus=-1.0
)


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (DecoderConfig(), "greedy"),
        (DecoderConfig(blank_bias=0.5), "greedy(blank_bias=0.5)"),
        (DecoderConfig(length_bonus=1.0, lm="x.arpa", lm_weight=1.0), "greedy"),  # have no say
        (DecoderConfig(decoder="beam"), "beam10"),
        (TUNED, "beam20(lm=lm.arpa,lm_weight=0.4,length_bonus=-1,blank_bias=0.5)"),
        (
            DecoderConfig(decoder="beam", beam=8, lm="/models/lm.arpa.gz", lm_weight=1.0),
            "beam8(lm=lm.arpa.gz,lm_weight=1)",
        ),
        (DecoderConfig(decoder="beam", lm="x.arpa"), "beam10"),  # without weight it has no say
        (
            DecoderConfig(lexicon="a/known.txt", snap_to_train=True),
            "greedy(lexicon=known.txt,snap_to_train=yes)",
        ),
        (DecoderConfig(n_best=3), "greedy"),  # changes no score
    ],
)
def test_the_name_says_each_knob_that_has_a_say(config: DecoderConfig, name: str) -> None:
    assert config.name == name


def test_knobs_are_written_and_read(tmp_path: Path) -> None:
    TUNED.write(tmp_path / "decoder.json")
    assert DecoderConfig.read(tmp_path / "decoder.json") == TUNED


def test_a_run_without_knobs_is_decoded_greedily(tmp_path: Path) -> None:
    assert read_decoder(tmp_path) == DecoderConfig()


def test_files_of_a_stored_decoder_are_found_in_the_run(tmp_path: Path) -> None:
    TUNED.write(tmp_path / "decoder.json")
    assert read_decoder(tmp_path).lm == str(tmp_path / "lm.arpa")
    assert read_decoder(tmp_path).lexicon == ""
    DecoderConfig(lm="/models/lm.arpa").write(tmp_path / "decoder.json")
    assert read_decoder(tmp_path).lm == "/models/lm.arpa"


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"decoder": "best"}, "there is no decoder 'best'; choose 'greedy' or 'beam'"),
        ({"beam": 0}, "beam is 0, expected a whole number from 1 to 100"),
        ({"beam": 101}, "beam is 101, expected a whole number from 1 to 100"),
        ({"beam": 2.0}, "beam is 2.0, expected a whole number from 1 to 100"),
        ({"n_best": True}, "n_best is True, expected a whole number from 1 to 100"),
        ({"lm_weight": -0.5}, "lm_weight is -0.5, expected a number from 0 to 1000"),
        ({"blank_bias": float("nan")}, "blank_bias is nan, expected a number from -1000 to 1000"),
        ({"length_bonus": "1"}, "length_bonus is '1', expected a number from -1000 to 1000"),
        ({"blank_bias": -1e30}, "blank_bias is -1e+30, expected a number from -1000 to 1000"),
        ({"lm_weight": 1001}, "lm_weight is 1001, expected a number from -1000 to 1000"),
        ({"lm": None}, "lm is None, expected a file name"),
        ({"snap_to_train": 1}, "snap_to_train is 1, expected true or false"),
    ],
)
def test_knobs_out_of_range_are_refused(
    tmp_path: Path, knobs: dict[str, object], message: str
) -> None:
    with pytest.raises(RecognitionError) as caught:
        DecoderConfig(**knobs)  # type: ignore[arg-type]
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "does not hold the knobs of a decoder"),
        ("[]", "does not hold the knobs of a decoder"),
        ("{}", "does not hold the knobs of a decoder"),
        (
            '{"schema": "signkit.decoder/9"}',
            "has schema 'signkit.decoder/9', this signkit reads 'signkit.decoder/1'",
        ),
        (
            '{"schema": "signkit.decoder/1", "width": 3}',
            "has a knob 'width', this signkit reads 'signkit.decoder/1'",
        ),
    ],
)
def test_a_file_that_holds_no_knobs_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "decoder.json"
    path.write_text(text)
    with pytest.raises(RecognitionError) as caught:
        read_decoder(tmp_path)
    assert str(caught.value) == f"{path} {what}; run 'signkit tune' again or delete {path}"


def test_a_stored_knob_out_of_range_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "decoder.json"
    path.write_text(json.dumps({"schema": "signkit.decoder/1", "beam": 0}))
    with pytest.raises(RecognitionError) as caught:
        read_decoder(tmp_path)
    assert str(caught.value) == (
        f"{path}: beam is 0, expected a whole number from 1 to 100; run 'signkit tune' again or "
        f"delete {path}"
    )
