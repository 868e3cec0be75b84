"""The pages: which queries a page runs and which template shows the answers.

Belongs here: putting answers and charts side by side for one template.
Keep out: SQL (`questions`), markup (`charts`, `templates`).
"""
