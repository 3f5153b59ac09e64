"""The parts of compare.py: processes, ends, tools, works and the report. Standard library only."""
