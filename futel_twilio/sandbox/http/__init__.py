"""How requests reach the sandbox: listener, application, routes, faults, request log, control paths, seed and dump."""
