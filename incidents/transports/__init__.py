"""How a message gets to Loomis: HTTP or a file over SFTP. Nothing here opens a transaction or writes a row."""
