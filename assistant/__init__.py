"""调解助手: a dispute described in everyday words becomes one card of citable advice.

The modules in reading order; each imports only from those above it (a test keeps that true):

    errors records settings wording     values and words
    corpus intake segmenter encoder     the outside world becomes values
    lexical dense index                 values become searchable
    reader query redlines               a description becomes a Query with its risks
    fusion retriever                    a Query becomes hits
    advice                              hits become Advice
    render export                       Advice becomes page, print sheet, JSON, docx, Markdown
    pipeline evaluate                   put together, and measured
    ui cli                              the edges: the only places that catch errors and print
"""
