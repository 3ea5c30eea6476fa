"""The page: `gate` lets in what a page needs and nothing else, `handlers` answer, `page` arranges, `server` opens."""
