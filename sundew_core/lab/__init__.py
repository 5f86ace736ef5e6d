"""The lab: the loop of the gate without a training, as a control engineer sees it."""
