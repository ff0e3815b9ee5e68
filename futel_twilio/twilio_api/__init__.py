"""The wire: the HTTP client with its retries and errors, the reader, the writer, emergency registration."""
