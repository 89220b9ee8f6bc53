"""The data of the long tables."""

import json
import re

from signkit.view.score_page_tables import (
    CLIP_COLUMNS,
    GLOSS_COLUMNS,
    long_table,
    long_tables,
    script_json,
)
from tests.view.score_reports import make_clip, make_report


def test_rows_point_into_lists_of_names():
    report = make_report([make_clip("a", "A B>C D>", signer="ann"), make_clip("b", ">A")])
    tables = long_tables(report)
    names, signers = tables["names"], tables["signers"]
    written = [
        (clip_id, signers[signer], [names[i] if i >= 0 else None for i in pairs])
        for clip_id, signer, pairs in tables["clips"]
    ]
    assert written == [
        ("a", "ann", ["A", "A", "B", "C", "D", None]),
        ("b", "", [None, "A"]),
    ]
    first = tables["glosses"][0]
    assert names[first[0]] == "A"
    assert first[1:] == [1, 1, 100.0, 50.0, 0, 0, 0, 1, True]


def test_a_clip_takes_about_a_hundred_bytes():
    clips = [make_clip(f"clip-{i:05d}", "A B>C D> E F", signer="ann") for i in range(1000)]
    assert len(json.dumps(long_tables(make_report(clips))["clips"])) < 100 * len(clips)


def test_nothing_in_data_ends_its_element():
    hostile = "</script><!-- ]]> & \u2028 \u2029 '\""
    element = script_json("it", {hostile: [hostile]})
    text = re.fullmatch('<script type="application/json" id="it">(.*)</script>\n', element)[1]
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {hostile: [hostile]}


def test_tables_have_heads_for_every_column():
    for name, titles in (("glosses", GLOSS_COLUMNS), ("clips", CLIP_COLUMNS)):
        html = long_table(name, titles, label="it")
        assert re.findall('<th scope="col".*?>(.*?)</th>', html) == list(titles)
    assert html.count("class=num") == 3
