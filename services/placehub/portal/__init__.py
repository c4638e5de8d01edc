"""The portal: where people do the work in a browser, each for the organisations they act for."""
