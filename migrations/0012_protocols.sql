-- What an added provider speaks, which header carries its credential (null: its protocol's own), and the preset that it
-- was made from (null: none).
ALTER TABLE providers ADD COLUMN protocol TEXT NOT NULL DEFAULT 'openai-chat';
ALTER TABLE providers ADD COLUMN credential_header TEXT;
ALTER TABLE providers ADD COLUMN preset TEXT;
