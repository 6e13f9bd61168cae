-- migrate:up
-- `scanpass sites apply --prune` removes a site that no file declares any more and nothing came from.
GRANT DELETE ON sites.site TO scanpass_ops;

-- migrate:down
REVOKE DELETE ON sites.site FROM scanpass_ops;
