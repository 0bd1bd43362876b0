-- What nodes are found by without being loaded (XEP-0060 §5.2, XEP-0462, XEP-0496): columns that
-- repeat a part of the configuration, and are written with it.

ALTER TABLE nodes ADD COLUMN type TEXT NOT NULL DEFAULT '';
-- Whether a list may show the node to those who have nothing to do with it.
ALTER TABLE nodes ADD COLUMN listed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE nodes ADD COLUMN parent_service TEXT;
ALTER TABLE nodes ADD COLUMN parent_name TEXT;
ALTER TABLE nodes ADD COLUMN link_service TEXT;
ALTER TABLE nodes ADD COLUMN link_name TEXT;

UPDATE nodes SET
    type = coalesce(json_extract(config, '$.type'), ''),
    listed = CASE WHEN json_extract(config, '$.room') IS NULL
        THEN coalesce(json_extract(config, '$.access'), 'open') NOT IN ('authorize', 'whitelist')
        ELSE coalesce(json_extract(config, '$.room.public'), 1)
            AND NOT coalesce(json_extract(config, '$.room.locked'), 0) END,
    parent_service = json_extract(config, '$.parent[0]'),
    parent_name = json_extract(config, '$.parent[1]');

CREATE INDEX nodes_listed ON nodes (service, name, type) WHERE listed;
CREATE INDEX nodes_of_parent ON nodes (parent_service, parent_name)
    WHERE parent_service IS NOT NULL;
CREATE INDEX nodes_of_link ON nodes (link_service, link_name) WHERE link_service IS NOT NULL;
