"""Lists into files: asked for by a person, written by one worker at a time, fetched by who asked, gone after a week."""
