"""The model as a picture: a value made from the checked model, and the formats that it is written in.

Nothing here imports torch: the picture needs neither data nor a program.
"""
