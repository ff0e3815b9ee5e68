"""The sandbox compared with Twilio's OpenAPI documents. Each file uses only those above it.

values      what a parameter is sent as: whatever its reader takes
walk        every operation the sandbox offers, as data, in an order in which each succeeds
sdk         the official Python SDK along the walk
exchange    one request and its answer, and the line it is written as
recorder    writes down every exchange of every sandbox of one Python environment
formats     what the documents mean by the formats that OpenAPI does not know
documents   Twilio's OpenAPI documents, read strictly; which operation a request is
adapters    an exchange and the formats in the words of openapi-core
refusals    what Twilio answers when it refuses
judge       one exchange against the documents
exemptions  where the documents err
tally       what all exchanges came to, and the report
__main__    the session: the tests, recorded, and every exchange judged
"""
