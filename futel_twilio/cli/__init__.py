"""What a person types and sees: tasks, flags, questions, progress, tables and printed plans.

No decision about the account is made here.
"""
