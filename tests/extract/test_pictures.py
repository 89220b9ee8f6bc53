"""Which pictures are one clip, in which order, and when each is shown."""

import pytest

from signkit.errors import ExtractionError
from signkit.extract.pictures import picture_files, sequence_of
from signkit.extract.video import VideoReader
from tests.extract.films import write_pictures


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # By number, not by letter; other files do not matter.
        (["10.png", "9.png", "fps.txt", ".1.png"], [(0, "9.png"), (1, "10.png")]),
        # The number that counts is the one that changes; it may be anywhere in the name.
        (["cam2_f3-0.jpg", "cam2_f1-0.jpg"], [(0, "cam2_f1-0.jpg"), (1, "cam2_f3-0.jpg")]),
        # A gap in the count is a gap in time, also if only every fifth frame was kept.
        (["0.jpg", "5.jpg", "20.jpg"], [(0, "0.jpg"), (1, "5.jpg"), (4, "20.jpg")]),
        # Several numbers, as in a time of day, give the order only.
        (
            ["10h59.bmp", "11h00.bmp", "9h30.bmp"],
            [(0, "9h30.bmp"), (1, "10h59.bmp"), (2, "11h00.bmp")],
        ),
        # Kinds of file may be mixed; one number must not stand for two pictures.
        (["1.jpg", "2.PNG"], [(0, "1.jpg"), (1, "2.PNG")]),
        (["1.jpg", "1.png", "2.jpg"], []),
        (["cat1.jpg", "dog2.jpg"], []),
        (["1.jpg"], []),
        ([], []),
    ],
)
def test_the_pictures_of_a_sequence_have_their_places_in_time(names, expected):
    assert [(picture.position, picture.name) for picture in sequence_of(names)] == expected


def test_the_files_of_a_sequence_come_in_their_order(tmp_path):
    write_pictures(tmp_path / "take", ["2.png", "10.png"])
    assert picture_files(tmp_path / "take") == [tmp_path / "take/2.png", tmp_path / "take/10.png"]


def test_the_content_of_a_picture_counts_and_not_its_ending(tmp_path):
    write_pictures(tmp_path / "take", ["1.png", "2.png"])
    (tmp_path / "take/2.png").rename(tmp_path / "take/2.jpg")
    with VideoReader(tmp_path / "take") as video:
        assert len(list(video.frames())) == 2
        assert (video.codec, video.n_damaged) == ("pictures", 0)


def test_folders_that_are_no_sequence_say_so(tmp_path):
    write_pictures(tmp_path / "photos", ["cat1.jpg", "dog2.jpg"])
    write_pictures(tmp_path / "broken", ["1.png", "2.png"])
    write_pictures(tmp_path / "rate", ["1.png", "2.png"])
    for n in (1, 2):
        (tmp_path / "broken" / f"{n}.png").write_text("no picture")
    (tmp_path / "rate" / "fps.txt").write_text("fast")
    expected = {
        "photos": f"{tmp_path}/photos is a folder without numbered pictures; expected a video "
        "file, or pictures such as 0001.jpg, 0002.jpg",
        "broken": f"no picture in {tmp_path}/broken can be read; copy or download it again",
        "rate": f"{tmp_path}/rate/fps.txt holds 'fast'; expected frames per second, such as 25",
    }
    found = {}
    for name in expected:
        with pytest.raises(ExtractionError) as error:
            VideoReader(tmp_path / name)
        found[name] = str(error.value)
    assert found == expected
