"""Signing a site's days: prepared by one, approved by another, open when figures change. DOMAIN.md section 2."""
