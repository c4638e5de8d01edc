"""Partnership events: meetings of both sectors under an agreement, and how their agendas are shared between them."""
