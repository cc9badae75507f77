"""`python -m alphaloss` is the command `alphaloss`."""

from alphaloss.cli import main

main(prog_name="alphaloss")
