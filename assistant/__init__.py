"""调解助手: a dispute described in everyday words becomes one card of citable advice.

The modules in reading order; each imports only from those before it (a test reads this list):

    errors records settings wording     values and words
    segmenter corpus intake encoder     the outside world becomes values
    lexical dense index                 values become searchable
    redlines reader query               a description becomes a Query and its risks
    fusion retriever library advice     a Query becomes hits, hits become Advice
    render office lesson                Advice becomes page, print sheet, text and JSON; excerpts become a lesson
    pipeline                            put together: read this one first
    coverage proofing evaluate          what the corpus holds, how it reads, how well it answers
    ui cli                              the edges: the only places that catch errors and print
"""
