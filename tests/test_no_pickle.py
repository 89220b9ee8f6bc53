"""Unpickling runs what its author wrote: only `safe_pickle` may read a pickle of somebody else."""

import ast
from pathlib import Path

import signkit

PACKAGE = Path(signkit.__file__).parent
UNPICKLERS = {"pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
READS_FOREIGN = "convert/safe_pickle.py"
# Messages between signkit's own processes: never from a file, never from elsewhere.
BETWEEN_OWN_PROCESSES = {
    "extract/executors.py",
    "extract/node.py",
    "extract/ray.py",
    "extract/worker.py",
}


def imported(tree: ast.AST) -> set[str]:
    """First names of the modules that a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


def allows_pickle(tree: ast.AST) -> bool:
    """Whether anything is called with `allow_pickle` that is not plainly False."""
    return any(
        keyword.arg == "allow_pickle"
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    )


def loads_torch(tree: ast.AST) -> bool:
    """Whether `torch.load` or `pandas.read_pickle` is called: both unpickle."""
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr)
        in {("torch", "load"), ("pd", "read_pickle"), ("pandas", "read_pickle")}
        for node in ast.walk(tree)
    )


def test_only_one_module_unpickles_what_others_made() -> None:
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        if imported(ast.parse(path.read_text(encoding="utf-8"))) & UNPICKLERS:
            found.add(path.relative_to(PACKAGE).as_posix())
    assert found - BETWEEN_OWN_PROCESSES == {READS_FOREIGN}


def test_nothing_asks_numpy_torch_or_pandas_to_unpickle() -> None:
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not allows_pickle(tree), path
        assert not loads_torch(tree), path


def test_the_guards_see_what_they_look_for() -> None:
    assert imported(ast.parse("def f():\n    from pickle import loads")) == {"pickle"}
    assert allows_pickle(ast.parse("np.load(x, allow_pickle=True)"))
    assert allows_pickle(ast.parse("np.load(x, allow_pickle=flag)"))
    assert not allows_pickle(ast.parse("np.load(x, allow_pickle=False)"))
    assert loads_torch(ast.parse("torch.load(path)"))
