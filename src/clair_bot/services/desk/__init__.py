"""The desk: an inquiry becomes a ticket, advisors work it from chat, and what they write reaches the asker."""
