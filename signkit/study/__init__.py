"""Many runs, one table: recipes x seeds x folds, resumable, with intervals and paired tests.

A study is put together from the steps a person would take by hand: train, recognize, score. So
this package stands above those verbs and may import them; none of them knows it.
"""

from signkit.study.plan import Study, Variant, read_study
from signkit.study.runner import StudyProgress, run_study
from signkit.study.table import StudyTable, VariantResult

__all__ = [
    "Study",
    "StudyProgress",
    "StudyTable",
    "Variant",
    "VariantResult",
    "read_study",
    "run_study",
]
