"""What `folkmoot check` finds, and how to mend it.

`installation` is for every server; `component`, with `running` and `link`, for what is attached to
another one; `seen` and `tried` are what users see.
"""
