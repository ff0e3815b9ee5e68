"""What you type and see: tasks, flags, questions, progress, tables and printed plans.

No decision about the account is made here.
"""
