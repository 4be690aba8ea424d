"""Physical counts: counted openings that the books go on from, and checks that are held against them."""
