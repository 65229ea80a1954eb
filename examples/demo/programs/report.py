import csv
import os

os.makedirs("reports")
os.chdir("reports")
with open("sales.csv", "w", newline="") as file:
    csv.writer(file).writerows([day, day * day % 97] for day in range(365))
with open("sales.csv", newline="") as file:
    total = sum(int(amount) for _, amount in csv.reader(file))
os.environ["DEMO_TOTAL"] = str(total)
open("/lib/python314.zip", "r+b").write(b"this was the standard library")
[total, os.listdir()]
