"""How a browser would draw a page, as far as that tells whether text is seen."""
