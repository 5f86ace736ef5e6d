"""What several tools and the tests share: servers, browsers, viewers, and tables of results."""
