"""Chromium without a window, driven by selenium, for the specs of pages. (Debian: chromium,
chromium-driver, python3-selenium.) To it rebound.example is this machine."""
from selenium import webdriver
from selenium.webdriver.chrome.service import Service


def start(downloads=None):
    """a driver of a new browser, which keeps what it saves in the folder `downloads`"""
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--window-size=1000,1400",
                 "--host-resolver-rules=MAP rebound.example 127.0.0.1"):
        options.add_argument(word)
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if downloads:
        options.add_experimental_option("prefs", {"download.default_directory": downloads})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
