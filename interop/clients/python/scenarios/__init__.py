"""The shared scenarios, a module a subject; importing this registers all of them."""

from scenarios import (connecting, consuming, content, extensions, failing, publishing,
                       recovering, routing)

__all__ = ['connecting', 'consuming', 'content', 'extensions', 'failing', 'publishing',
           'recovering', 'routing']
