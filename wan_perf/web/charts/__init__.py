"""Charts: plain data in, SVG markup out; colours are classes of the style sheet.

Belongs here: scales, paths and shapes. A gap in the data is a gap in the drawing.
Keep out: where the data comes from (`questions`), HTML around a chart (`templates`).
"""
