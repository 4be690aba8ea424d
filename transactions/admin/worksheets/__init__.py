"""Worksheets: the page of a safe's or a site's business day as an accountant draws it, signed on the page itself."""
