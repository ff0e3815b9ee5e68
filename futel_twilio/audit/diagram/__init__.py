"""The audit's findings drawn as a diagram: model, layout, edge routing, SVG."""
