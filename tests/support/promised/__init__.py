"""Which test holds which sentence of the pages, page by page, by the sentence's beginning."""
