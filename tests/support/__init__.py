"""What tests share: accounts, servers, breakages, writers. No test stands here."""
