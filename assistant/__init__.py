"""调解助手: a dispute described in everyday words becomes one card of citable advice.

The modules in reading order; each imports only from those before it (a test reads this list):

    errors records settings wording     values and words
    segmenter names corpus              the outside world becomes values: our own files,
    intake quarantine cleaning articles encoder     those of others, and what things mean
    lexical dense store milvus          values become searchable, here or in Milvus
    postings large index                and so when there are many of them
    network redlines reader             a description is read: types and red lines
    query statutes                      and becomes a Query; law by name and number
    fusion retriever library            a Query becomes hits; the corpus as a trainer reads it
    mediability advice                  what the police may settle; hits become Advice
    examination                         why they did
    public                              the same, as fit for a visitor of the station hall
    render office sheets lesson         Advice becomes page, text and JSON; Word files; paper; excerpts a lesson
    pipeline                            put together: read this one first
    coverage proofing evaluate quality  what the corpus holds, how it reads, how well it answers and answered
    local importing worklist upkeep     what a station adds itself, and how it comes in and goes
    ui cli                              the edges: the only places that catch errors and print
"""
