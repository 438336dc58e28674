#!/bin/sh
# Without IPv6 in the kernel there is no such socket to listen at.
configuration=/etc/nginx/nginx.conf
[ -e /proc/net/if_inet6 ] || configuration=/etc/nginx/ipv4/nginx.conf
exec /docker-entrypoint.sh nginx -c "$configuration" -g "daemon off;"
