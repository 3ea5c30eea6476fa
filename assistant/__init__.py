"""调解助手: a dispute described in everyday words becomes one card of citable advice.

The modules in reading order; each imports only from those before it (a test reads this list):

    errors records settings wording     values and words
    segmenter names corpus              the outside world becomes values: our own files,
    intake quarantine cleaning articles encoder     those of others, and what things mean
    lexical dense index                 values become searchable
    redlines reader query               a description becomes a Query and its risks
    fusion retriever advice             a Query becomes hits, hits become Advice
    examination                         and why they did
    render                              Advice becomes page, print sheet, text and JSON
    pipeline                            put together: read this one first
    coverage proofing evaluate          what the corpus holds, how it reads, how well it answers
    local importing worklist upkeep     what a station adds itself, and how it comes in and goes
    ui cli                              the edges: the only places that catch errors and print
"""
