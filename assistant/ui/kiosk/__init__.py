"""The screen in the station hall: pages of our own, no Gradio; nothing of a visitor stays anywhere.

What a visitor has chosen stands in the address, what they type travels once in the body of a request
and is never said back. There is no cookie, no session and no store.
"""
