"""`python -m signkit`, the form that `torchrun -m` needs."""

from signkit.cli.main import main

if __name__ == "__main__":
    main()
