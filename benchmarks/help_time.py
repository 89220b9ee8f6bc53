"""How long `signkit --help` takes, against a bare typer application with the same commands.

Both are started as fresh processes, alternately, so that a busy machine slows both. Run with:

    python benchmarks/help_time.py
"""

import statistics
import subprocess
import sys
import time

PAIRS = 15
OURS = "from signkit.cli.main import run; run(['--help'])"
BARE = """
import typer

app = typer.Typer(name="bare", no_args_is_help=True)

def command() -> None:
    "Do one thing."

for name in ("extract", "train", "recognize", "score", "demo", "import", "export", "split",
             "synth", "recipes", "inspect", "doctor"):
    app.command(name)(command)
app(["--help"])
"""


def seconds(code: str) -> float:
    """Wall time of one fresh Python process."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Print both medians and the median of the ratios of neighbouring runs."""
    seconds(OURS), seconds(BARE)  # fill the caches
    pairs = [(seconds(OURS), seconds(BARE)) for _ in range(PAIRS)]
    ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"signkit {1000 * ours:.0f} ms, bare typer {1000 * bare:.0f} ms, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
