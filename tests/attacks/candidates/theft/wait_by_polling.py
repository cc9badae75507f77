# ruff: noqa
# Waits in the event loop of the operating system.
# ends as: TRACE_SIZE
import select

select.poll().poll(3_600_000)
