"""One host name for REST and sockets: the routing declaration, and its two doors (CloudFront on
AWS, a small proxy on one machine)."""
