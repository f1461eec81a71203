"""Logwatch: brings what the services of one machine write into their logs into the site's database, exactly once"""
