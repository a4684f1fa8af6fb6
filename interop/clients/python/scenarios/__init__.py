"""The shared scenarios, a module a subject; importing this registers all of them."""

from scenarios import connecting, consuming, content, failing, publishing, recovering, routing

__all__ = ['connecting', 'consuming', 'content', 'failing', 'publishing', 'recovering', 'routing']
